"""`earnest export`: a program in another format, which others' tools run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from earnest.cli.options import AsJson, TargetFile, existing_folder_of, opened
from earnest.cli.terminal import megabytes, print_json
from earnest.errors import EarnestError

FORMATS = ("onnx",)


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A program.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="onnx: standard integer operators only.")] = "onnx",
    products: Annotated[
        str,
        typer.Option(
            "--products", help="int8, or int32 for runtimes whose 8-bit products saturate (x86 without VNNI)."
        ),
    ] = "int8",
    target: TargetFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a program in another format."""
    from earnest.export.onnx.products import PRODUCTS

    if to not in FORMATS:
        raise typer.BadParameter(f"--to: expected one of {', '.join(FORMATS)}, got {to}")
    if products not in PRODUCTS:
        raise typer.BadParameter(f"--products: expected one of {', '.join(PRODUCTS)}, got {products}")
    existing_folder_of(output, "--output")
    program, _ = opened(file, target)

    from earnest.export.onnx.census import not_whole, operator_census
    from earnest.export.onnx.model import to_onnx

    model = to_onnx(program, products=products)
    data: bytes = model.SerializeToString()
    try:
        output.write_bytes(data)
    except OSError as error:
        raise EarnestError(f"--output: {output}: cannot be written: {error.strerror or error}") from error
    census = operator_census(model)
    found: dict[str, Any] = {
        "file": str(output),
        "format": to,
        "file_bytes": len(data),
        "products": products,
        "input": program.input.container.name,
        "nodes": len(model.graph.node),
        "float_operators": sum(not_whole(census).values()),
    }
    if as_json:
        print_json(found)
    else:
        print(
            f"{output}: {found['nodes']} standard ONNX operators, {found['float_operators']} with floats, "
            f"{megabytes(len(data))}; reads {found['input']} codes called `input`"
        )
