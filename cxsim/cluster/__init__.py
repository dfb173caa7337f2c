"""Work for a Dask cluster: the connection, and the hashes by which workers show that they run the same sources."""
