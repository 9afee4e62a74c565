"""The front door of assistants: six tools of the Model Context Protocol over one engine.

``tools`` holds the tools: what each takes and answers. ``serving`` connects them to the official
SDK (package ``mcp``), which only it imports, over stdio or HTTP.
"""
