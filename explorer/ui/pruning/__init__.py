"""The pruning page, one for all libraries: options, own ratios, live plan, run, report, training."""
