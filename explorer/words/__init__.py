"""Names, sentences and formats that people read. Knows no Streamlit and no torch."""
