"""Where the work is done: in this process, in processes of this machine, or on other machines, by Dask distributed."""
