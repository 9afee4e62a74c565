"""A writer over a model behind HTTP: llama-server or an OpenAI-compatible server such as vLLM.

``dialects`` says how each server is asked, ``model`` what prompts need of it, ``forms`` how a
constraint is told to it, ``watching`` what monitors make of text whose tokens' alternatives nobody
here sees, ``writer`` the loop: stream, check, stop at a violation, ask again under a constraint.
"""
