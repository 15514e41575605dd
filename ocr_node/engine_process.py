"""What the process of an engine is started as: this imports nothing."""

from typing import Final

ENGINE_CHILD: Final = "ocr_node.engine_child:serve"
# What takes two thirds of the start of engine `onnxruntime`, and starts no thread.
IMPORTS: Final = ("ocr_node.engine_child", "ocr_node.engines.onnx_engine")
