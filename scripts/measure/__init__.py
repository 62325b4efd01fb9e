"""What the library costs and how it behaves in time, measured."""
