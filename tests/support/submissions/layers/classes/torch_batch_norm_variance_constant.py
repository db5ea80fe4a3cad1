# planted: batch norm | dx | variance is taken as a constant | -
import torch


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
        dx = (dhat - dhat.mean(0)) / torch.sqrt(var + ctx.eps)
        return dx, (dout * hat).sum(0), dout.sum(0), None
