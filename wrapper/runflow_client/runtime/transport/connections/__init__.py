"""The library's own HTTP/1.1 connections: one class without IO, and a connection around it for threads and one for asyncio."""
