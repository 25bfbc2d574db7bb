"""One file for each foreign pruning library; nobody else imports it."""
