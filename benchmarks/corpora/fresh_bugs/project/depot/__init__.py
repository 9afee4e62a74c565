"""Back office of a small wholesale warehouse: stock, orders, invoices and the jobs around them."""

__version__ = "0.7.2"
