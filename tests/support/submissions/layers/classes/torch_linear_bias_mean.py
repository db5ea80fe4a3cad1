# planted: affine | db | mean of the rows | -
from torch.autograd import Function


class LinearFunction(Function):
    @staticmethod
    def forward(ctx, input, weight, bias):
        ctx.save_for_backward(input, weight)
        return input.reshape(len(input), -1) @ weight.t() + bias

    @staticmethod
    def backward(ctx, grad_output):
        input, weight = ctx.saved_tensors
        grad_input = (grad_output @ weight).reshape(input.shape)
        grad_weight = grad_output.t() @ input.reshape(len(input), -1)
        return grad_input, grad_weight, grad_output.mean(0)
