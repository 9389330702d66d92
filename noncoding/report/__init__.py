"""The stage ``report``: the page that a person opens first."""
