"""Layout: what twins that move codes and change none have in common (E22, E23)."""

from collections.abc import Sequence

from torch import Tensor

from earnest.integer.dimension import Symbols
from earnest.nn.twin import Twin


class Layout(Twin):
    """A twin whose codes are those of its operand: `move` does it, to codes and to reals alike."""

    def move(self, x: Tensor, symbols: Symbols) -> Tensor:
        """The elements in their new places."""
        raise NotImplementedError

    def run(self, carriers: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """Moves the carrier itself."""
        return self.move(carriers[0], symbols)

    def forward(self, *carriers: Tensor, symbols: Symbols) -> Tensor:
        """Moves the carrier; its gradient is exact."""
        return self.run(carriers, symbols)

    def real(self, inputs: Sequence[Tensor], parameters: Sequence[Tensor], symbols: Symbols) -> Tensor:
        """The same move of the real values."""
        del parameters
        return self.move(inputs[0], symbols)
