"""What runs a flow: one driver for threads, one for asyncio, each with the transports that keep a deadline."""
