"""The HTTP interface: FastAPI and uvicorn on the daemon's own event loop. Import it late: it costs 0.2 s and 20 MB."""
