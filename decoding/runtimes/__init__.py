"""Who computes: a protocol and its implementations over llama.cpp and HTTP."""
