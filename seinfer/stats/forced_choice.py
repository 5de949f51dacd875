"""Right and wrong answers between two choices (ABX): is a rater better than chance?

The test is one-sided and binomial: under chance each answer is right with probability 1/2. It takes the answers as
independent.
"""

from __future__ import annotations

ALPHA = 0.05


def chance_p_value(n_correct: int, n: int) -> float:
    """Return the probability of at least `n_correct` right answers of `n` by chance; 1 for no answer."""
    from scipy.special import bdtrc

    return 1.0 if n_correct <= 0 else float(bdtrc(n_correct - 1, n, 0.5))


def critical_count(n: int, alpha: float = ALPHA) -> int | None:
    """Return the smallest number of right answers of `n` that chance reaches with probability `alpha` at most.

    Returns:
        The number; None if even `n` right answers are too likely, which is so below 5 answers for 5 %.
    """
    return next((k for k in range(n // 2, n + 1) if chance_p_value(k, n) <= alpha), None)


def choice_power(share_correct: float, n: int, alpha: float = ALPHA) -> float:
    """Return the probability that `n` answers are significant if each is right with probability `share_correct`."""
    from scipy.special import bdtrc

    critical = critical_count(n, alpha)
    return 0.0 if critical is None else float(bdtrc(critical - 1, n, share_correct))
