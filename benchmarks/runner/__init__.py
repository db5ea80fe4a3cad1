"""How processes are measured: races between contenders, their results, and the figures made of them."""
