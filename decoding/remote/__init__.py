"""A writer over a model behind HTTP: llama-server, vLLM, Ollama or LM Studio.

``recognition`` says which server it is, ``dialects`` and ``text_servers`` how each is asked,
``model`` what prompts need of it, ``forms`` how a constraint is told to it, ``server_text`` how
another name is asked for where nobody sees the alternatives of a token, ``loop`` the order: stream,
check, stop at a violation, ask again.
"""
