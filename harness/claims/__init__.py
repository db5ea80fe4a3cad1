"""The claims: questions that the articles raise, each with an experiment, in the order in which the report has them."""

from harness.claims import (
    bias_trick,
    current_or_next_layer,
    hadamard_product,
    inputs_not_outputs,
    iverson_bracket,
    many_costs,
    online_batch_mean,
    published_figures,
    signs,
    slope_forms,
    transpose_not_inverse,
    update_after_backward,
)
from harness.claims.claim import Claim, Evidence, Statement

CLAIMS: tuple[Claim, ...] = tuple(
    module.CLAIM
    for module in (
        inputs_not_outputs,
        iverson_bracket,
        transpose_not_inverse,
        hadamard_product,
        current_or_next_layer,
        slope_forms,
        signs,
        bias_trick,
        many_costs,
        online_batch_mean,
        update_after_backward,
        published_figures,
    )
)


def answered(claim: Claim) -> Evidence:
    """What the claim's experiment gives; where it fails, that is what it shows, and the others still run."""
    try:
        return claim.experiment()
    except Exception as error:
        return Evidence(
            (Statement(f"The experiment ran to its end, without {type(error).__name__}: {error}", False),), ()
        )
