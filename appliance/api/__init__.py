"""The HTTP interface: Starlette and uvicorn on the loop of the daemon. Import it late: it costs time and memory."""
