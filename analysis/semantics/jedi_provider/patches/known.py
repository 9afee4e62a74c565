"""What of jedi Pilotfish replaces, and whether the jedi that is installed is the one it knows.

Changes to private names fit one version. Another version is refused with one message before any of
its names is imported; so is the right version that somebody has changed. This package's
``__init__`` calls :func:`require_known`; ``session.prepare`` calls :func:`require_replaced`.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

import jedi
import parso

from analysis.errors import AnalysisError

#: What ``pyproject.toml`` pins.
VERSIONS = {"jedi": "0.20.1", "parso": "0.8.7"}

#: What is replaced: for each module its names, and the parameters of what stood there. ``-`` stands
#: for a name that a class does not define itself, ``dict`` for a table, ``path`` for a path.
REPLACED: dict[str, dict[str, str]] = {
    "jedi.inference.base_value": {
        "ValueSet.__getattr__": "self name",
        "ValueSet.__init__": "self iterable",
        "ValueSet.__iter__": "self",
        "ValueSet.__or__": "self other",
        "ValueSet.execute": "self arguments",
        "ValueSet.execute_with_values": "self args kwargs",
        "ValueSet.filter": "self filter_func",
        "ValueSet.from_sets": "cls sets",
        "ValueSet.get_item": "self args kwargs",
        "ValueSet.incomplete": "-",
        "ValueSet.iterate": "self contextualized_node is_async",
        "ValueSet.py__class__": "self",
        "ValueSet.py__getattribute__": "self args kwargs",
    },
    "jedi.inference.compiled.access": {
        "load_module": "inference_state dotted_name sys_path",
    },
    "jedi.inference.compiled.subprocess.functions": {
        "_find_module": "string path full_name is_global_search",
        "_iter_module_names": "inference_state paths",
    },
    "jedi.inference.context": {
        "TreeContextMixin.create_context": "self node",
        "TreeContextMixin.create_value": "self node",
    },
    "jedi.inference.docstrings": {
        "infer_param": "obj args kwargs",
        "infer_return_types": "obj args kwargs",
    },
    "jedi.inference.filters": {
        "_AbstractUsedNamesFilter.__init__": "self parent_context node_context",
    },
    "jedi.inference.finder": {
        "check_flow_information": "value flow search_name pos",
    },
    "jedi.inference.flow_analysis": {
        "_break_check": "context value_scope flow_scope node",
        "_check_if": "context node",
    },
    "jedi.inference.gradual.annotation": {
        "get_executed_param_names": "function_value arguments",
        "infer_annotation": "context annotation",
        "merge_type_var_dicts": "base_dict new_dict",
    },
    "jedi.inference.gradual.stub_value": {
        "StubFilter._is_name_reachable": "self name",
    },
    "jedi.inference.gradual.type_var": {
        "TypeVar.execute_annotation": "self context",
    },
    "jedi.inference.gradual.typeshed": {
        "DJANGO_INIT_PATH": "path",
        "_IMPORT_MAP": "dict",
        "_create_stub_map": "directory_path_info",
        "_get_typeshed_directories": "version_info",
        "_try_to_load_stub": "inference_state import_names python_value_set "
        "parent_module_value sys_path",
        "get_cached_code_lines": "grammar path",
    },
    "jedi.inference.gradual.typing": {
        "CastFunction.py__call__": "value arguments",
        "SelfClass.execute_annotation": "self context",
        "Tuple.py__simple_getitem__": "self index",
        "TypingModuleName._remap": "self",
    },
    "jedi.inference.imports": {
        "_load_python_module": "inference_state file_io import_names is_package",
        "get_cached_code_lines": "grammar path",
    },
    "jedi.inference.names": {
        "AnonymousParamName.infer": "args kwargs",
    },
    "jedi.inference.syntax_tree": {
        "_apply_decorators": "obj args kwargs",
        "_infer_comparison": "context left_values operator right_values",
        "_infer_comparison_part": "inference_state context left operator right",
        "_infer_expr_stmt": "args kwargs",
        "_infer_node": "args kwargs",
        "check_tuple_assignments": "name value_set",
        "infer_or_test": "context or_test",
        "tree_name_to_values": "args kwargs",
    },
    "jedi.inference.value": {
        "AnonymousInstance": "type",
    },
    "jedi.inference.value.function": {
        "FunctionExecutionContext.infer_annotations": "self",
        "OverloadedFunctionValue.py__call__": "self arguments",
    },
    "jedi.inference.value.instance": {
        "AbstractInstanceValue.get_function_slot_names": "self name",
        "TreeInstance._get_annotated_class_object": "obj args kwargs",
    },
    "jedi.inference.value.iterable": {
        "ComprehensionMixin._nested": "self comp_fors parent_context",
        "DictLiteralValue._dict_values": "self",
        "DictLiteralValue.py__iter__": "self contextualized_node",
        "FakeList._get_wrapped_value": "-",
        "MergedArray.py__simple_getitem__": "self index",
        "_FakeSequence.py__simple_getitem__": "self index",
        "SequenceLiteralValue.py__iter__": "self contextualized_node",
        "SequenceLiteralValue.py__simple_getitem__": "self index",
    },
    "jedi.inference.value.klass": {
        "ClassMixin.py__getitem__": "self index_value_set contextualized_node",
        "ClassMixin.py__iter__": "-",
        "ClassMixin.py__mro__": "obj args kwargs",
        "ClassValue.get_metaclasses": "obj args kwargs",
    },
    "jedi.inference": {
        "InferenceState.parse": "self args kwargs",
        "InferenceState.parse_and_get_code": "self code path use_latest_grammar file_io kwargs",
        "check_tuple_assignments": "name value_set",
    },
}

#: What stood there before, by module and name.
originals: dict[tuple[str, str], Any] = {}


def require_known() -> None:
    """Raise :class:`~analysis.errors.AnalysisError` unless what is to be replaced stands there."""
    for module, version in ((jedi, VERSIONS["jedi"]), (parso, VERSIONS["parso"])):
        if module.__version__ != version:
            raise _misfit(f"{module.__name__} {module.__version__} is installed, not {version}")
    for name, replaced in REPLACED.items():
        for attribute, parameters in replaced.items():
            found = _value(name, attribute)
            if _parameters(found) != parameters:
                raise _misfit(f"{name}.{attribute} has changed")
            originals[name, attribute] = found


def require_replaced() -> None:
    """Raise :class:`~analysis.errors.AnalysisError` unless everything has been replaced."""
    for (name, attribute), before in originals.items():
        if _value(name, attribute) is before:
            raise _misfit(f"{name}.{attribute} was not replaced")


def _misfit(what: str) -> AnalysisError:
    needed = " ".join(f"{name}=={version}" for name, version in VERSIONS.items())
    return AnalysisError(
        f"this jedi does not fit: {what}", where="analysis", help=f"pip install {needed}"
    )


def _value(module: str, attribute: str) -> Any:
    *classes, last = attribute.split(".")
    try:
        owner = importlib.import_module(module)
        for each in classes:
            owner = getattr(owner, each)
    except (ImportError, AttributeError):
        return None
    return vars(owner).get(last)


def _parameters(value: Any) -> str:
    function = value.__func__ if isinstance(value, classmethod) else value
    code = getattr(function, "__code__", None)
    if code is None:
        if isinstance(value, Path):
            return "path"
        return "-" if value is None else type(value).__name__
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return " ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars])
