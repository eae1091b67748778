"""Built-in sample corpora: deterministic generators that write the file formats that users bring."""
