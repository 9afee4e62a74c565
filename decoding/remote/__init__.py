"""A writer over a model behind HTTP: llama-server or an OpenAI-compatible server such as vLLM.

``dialects`` says how each server is asked, ``model`` what prompts need of it, ``forms`` how a
constraint is told to it, ``server_text`` how another name is asked for where nobody sees the
alternatives of a token, ``loop`` the order: stream, check, stop at a violation, ask again.
"""
