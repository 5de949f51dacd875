"""Replaces the nodes of a graph one by one: the part of `clip_axis.py` that is the same for all operators.

The rule: shapes and stored values of the original graph stay known by their names while the new nodes are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

CLIPS = "clips"
"""Name of the size of the new axis."""


class UnknownGraphError(ValueError):
    """The graph contains a node that cannot be changed."""


class Rewriter:
    """One graph while its values get a first axis for clips.

    Args:
        model: a graph whose inputs have known shapes. It is not changed.
        rules: kind of node -> function that adds the nodes which compute the same for all clips.


    Attributes:
        shapes: value -> its shape in the original graph.
        constants: value -> its values, for those that are stored in the graph.
        opset: version of the operators.
        by_clip: names of the values that have the axis of clips.
    """

    def __init__(self, model: onnx.ModelProto, rules: Mapping[str, Rule]) -> None:
        from onnx import numpy_helper, shape_inference

        self._rules = rules
        self._model: onnx.ModelProto = type(model).FromString(model.SerializeToString())
        self.opset = next(used.version for used in model.opset_import if not used.domain)
        graph = shape_inference.infer_shapes(model, data_prop=True).graph
        self.shapes = {
            value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
            for value in (*graph.input, *graph.output, *graph.value_info)
            if all(size.HasField("dim_value") for size in value.type.tensor_type.shape.dim)
        }
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                self.constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self.shapes |= {name: values.shape for name, values in self.constants.items()}
        self.by_clip = {value.name for value in graph.input}
        self._sources: dict[str, str] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._n_new = 0

    def run(self) -> onnx.ModelProto:
        """Return the new graph.

        Raises:
            UnknownGraphError: a node has no rule, or the shape of a value is not known.
        """
        for node in self._model.graph.node:
            if self.by_clip.isdisjoint(node.input):
                self._nodes.append(node)
                continue
            rule = self._rules.get(node.op_type)
            if rule is None or node.domain not in ("", "ai.onnx"):
                raise UnknownGraphError(f"the node {node.name!r} of kind {node.op_type} has no rule for several clips")
            if unknown := [name for name in node.output if name and name not in self.shapes]:
                raise UnknownGraphError(f"the shapes of {unknown}, outputs of the node {node.name!r}, are not known")
            self.by_clip.update(filter(None, node.output))
            rule(self, type(node).FromString(node.SerializeToString()))
        return self._finished()

    def _finished(self) -> onnx.ModelProto:
        from onnx import helper

        graph = self._model.graph
        if fixed := [value.name for value in graph.output if value.name not in self.by_clip]:
            raise UnknownGraphError(f"the outputs {fixed} do not depend on the inputs")
        for value in (*graph.input, *graph.output):
            sizes = [CLIPS, *self.shapes[value.name]]
            value.CopyFrom(helper.make_tensor_value_info(value.name, value.type.tensor_type.elem_type, sizes))
        del graph.value_info[:]
        nodes = _used(self._nodes, graph.output)
        read = {name for node in nodes for name in node.input}
        _replace(graph.initializer, [tensor for tensor in graph.initializer if tensor.name in read])
        _replace(graph.node, nodes)
        return self._model

    def add(self, node: onnx.NodeProto) -> None:
        """Append a node."""
        self._nodes.append(node)

    def constant(self, values: Any) -> str:
        """Store integers; return their name."""
        from onnx import numpy_helper

        name = self.new_name()
        self._model.graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def new_name(self) -> str:
        """Return a name that is not used yet."""
        self._n_new += 1
        return f"clip_axis_{self._n_new}"

    def reshape(self, name: str, shape: tuple[int, ...], result: str = "") -> str:
        """Reshape a value; return the name of the result. One size of `shape` is -1."""
        from onnx import helper

        if 0 in shape:
            raise UnknownGraphError(f"{name!r} is reshaped to {shape}; expected values")
        result = result or self.new_name()
        source = self._sources.get(name, name)  # of two reshapes in a row only the last one counts
        self._sources[result] = source
        self.add(helper.make_node("Reshape", [source, self.constant(shape)], [result]))
        return result

    def transpose(self, name: str, perm: list[int], result: str = "") -> str:
        """Transpose a value; return the name of the result."""
        from onnx import helper

        result = result or self.new_name()
        self.add(helper.make_node("Transpose", [name], [result], perm=perm))
        return result

    def integers(self, node: onnx.NodeProto, name: str, place: int) -> list[int] | None:
        """Return integers that a node has as an attribute or, in later opsets, as a stored input; None if neither."""
        found = attribute(node, name)
        if found is None and len(node.input) > place and node.input[place]:
            if node.input[place] not in self.constants:
                raise UnknownGraphError(f"{name} of the node {node.name!r} is computed; expected stored values")
            found = self.constants[node.input[place]].reshape(-1)
        return None if found is None else [int(value) for value in np.atleast_1d(found)]

    def axis(self, node: onnx.NodeProto, default: int) -> int:
        """Return the axis of a node in the new graph."""
        axis = int(attribute(node, "axis", default))
        return axis % len(self.shapes[node.input[0]]) + 1

    def set_input(self, node: onnx.NodeProto, place: int, values: list[int]) -> None:
        """Store integers as the input of a node at a place."""
        while len(node.input) <= place:
            node.input.append("")
        node.input[place] = self.constant(values)


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """Return an attribute of a node."""
    from onnx import helper

    return next((helper.get_attribute_value(found) for found in node.attribute if found.name == name), default)


def set_attribute(node: onnx.NodeProto, name: str, value: Any) -> None:
    """Set an attribute of a node."""
    from onnx import helper

    kept = [found for found in node.attribute if found.name != name]
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


Rule = Callable[[Rewriter, "onnx.NodeProto"], None]
"""Adds the nodes for one node. The node is a copy, which the rule may change and add."""


def _used(nodes: Sequence[onnx.NodeProto], outputs: Iterable[onnx.ValueInfoProto]) -> list[onnx.NodeProto]:
    """Return the nodes that the outputs depend on, in the same order."""
    wanted, kept = {value.name for value in outputs}, []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]


def _replace(field: Any, messages: Sequence[Any]) -> None:
    """Replace the messages of a repeated field; `del` clears the messages themselves, so copies are inserted."""
    copies = [type(message).FromString(message.SerializeToString()) for message in messages]
    del field[:]
    field.extend(copies)
