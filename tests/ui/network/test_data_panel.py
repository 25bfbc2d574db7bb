"""The data of a network on its page."""

from __future__ import annotations

from explorer.sources.digits import digits
from tests.helpers.pages import open_app


def test_the_page_shows_how_much_data_there_is_and_ten_pictures_of_it() -> None:
    data = digits()
    app = open_app()
    counted = f"{len(data.train_y):,} training and {len(data.test_y):,} test examples of 1×8×8 · 10 classes"
    assert any(text.value.startswith(f"**digits** · {counted} · ") for text in app.markdown)
    shown = "".join(str(one.proto.body) for one in app.get("html"))
    assert shown.count('alt="A test example of class ') == 10
