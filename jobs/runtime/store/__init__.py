"""What speaks to a store: local disks, S3, leases, copies on a node."""
