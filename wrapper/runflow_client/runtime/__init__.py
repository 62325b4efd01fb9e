"""The runtime that performs the steps of flows: one driver for threads and one for asyncio, each with its transports."""
