"""The one list of clients' orders, from which routes, methods on D-Bus and their documents follow."""
