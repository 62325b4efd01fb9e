"""The library's own HTTP/1.1 connections: one class without IO, and thin IO round it for threads and for asyncio."""
