"""Functions of PyTorch's autograd with hand-written backward passes."""

import torch
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
        return grad_input, grad_weight, grad_output.sum(0)


class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[x < 0] = 0
        return grad_input


class BatchNormFn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, eps=1e-5):
        mean, var = x.mean(0), x.var(0, unbiased=False)
        hat = (x - mean) / torch.sqrt(var + eps)
        ctx.save_for_backward(hat, gamma, var)
        ctx.eps = eps
        return gamma * hat + beta

    @staticmethod
    def backward(ctx, dout):
        hat, gamma, var = ctx.saved_tensors
        dhat = dout * gamma
        dx = (dhat - dhat.mean(0) - hat * (dhat * hat).mean(0)) / torch.sqrt(var + ctx.eps)
        return dx, (dout * hat).sum(0), dout.sum(0), None
