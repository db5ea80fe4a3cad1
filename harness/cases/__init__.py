"""Cases: small networks with data, standard or from a CSV file."""
