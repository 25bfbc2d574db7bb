"""Pieces that several pages share: charts, sliders, widgets, evidence."""
