"""The engine: ops as data, the record, the backward pass, the tensor, the declaration of ops."""
