"""The truth where ops are not smooth: probes beside the point, the judge, and what it reports."""
