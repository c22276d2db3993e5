"""What to type for names that people who know PyTorch try, and that are not here."""

from typing import Final

__all__ = ["OF_MODULES", "OF_THE_ROOM"]

_NO_DEVICES: Final = "arrays live in main memory: leave it out (model.astype(np.float64) changes the dtype)"
_NO_HOOKS: Final = "say in forward(self, x) of a class of your own what is to happen"
_TOO_MANY: Final = "write it as a function and put that into nn.Sequential"

OF_MODULES: Final = {
    **dict.fromkeys(("cpu", "cuda", "to", "to_empty", "type", "xpu", "mps", "share_memory"), _NO_DEVICES),
    "float": "type model.float32()",
    **dict.fromkeys(("half", "bfloat16"), "type model.astype(np.float16)"),
    **dict.fromkeys(
        ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook"), _NO_HOOKS
    ),
    "compile": "there is nothing to compile: call the model",
    "device": _NO_DEVICES,
}
"""By attribute of a module."""

OF_THE_ROOM: Final = {
    "functional": "functions are in tl.ops (relu, conv2d, softmax), losses in tl.losses (mse_loss, cross_entropy)",
    "utils": "type tl.optim.clip_grad_norm_(model.parameters(), 1.0), or nn.pad_sequences(sequences)",
    "Dense": "type nn.Linear(in_features, out_features)",
    "Conv": "type nn.Conv2d(in_channels, out_channels, kernel_size)",
    **dict.fromkeys(("BatchNorm", "BatchNormalization"), "type nn.BatchNorm1d(features) or nn.BatchNorm2d(channels)"),
    **dict.fromkeys(("MaxPool", "MaxPooling2D"), "type nn.MaxPool2d(2)"),
    "attention": "type nn.MultiheadAttention(embed_dim, num_heads)",
    "Buffer": "type self.register_buffer(name, value)",
    **dict.fromkeys(("ParameterList", "ParameterDict"), "assign each parameter as an attribute of a nn.Module"),
    "Container": "type nn.Sequential(...) or nn.ModuleList([...])",
    "Softmax2d": "type nn.Softmax(1)",
    "NLLLoss2d": "type nn.NLLLoss()",
    "RReLU": "type nn.LeakyReLU(0.23)",
    "Unfold": "type nn.Sequential(lambda x: tl.ops.unfold(x, kernel_size))",
    "Fold": "type nn.Sequential(lambda x: tl.ops.fold(x, output_size, kernel_size))",
    "ChannelShuffle": "type nn.Sequential(lambda x: tl.ops.channel_shuffle(x, groups))",
    **dict.fromkeys(("LocalResponseNorm", "CrossMapLRN2d"), "type nn.Sequential(lambda x: tl.ops.local_response_norm(x, size))"),
    "UpsamplingNearest2d": "type nn.Upsample(scale_factor=2)",
    "UpsamplingBilinear2d": 'type nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)',
    "EmbeddingBag": "type np.mean(nn.Embedding(words, features)(x), axis=1)",
    "Transformer": "type nn.TransformerEncoder(layer, 6) and nn.TransformerDecoder(layer, 6)",
    **dict.fromkeys(("SyncBatchNorm", "DataParallel"), "there is one process: leave it out"),
    **dict.fromkeys(("FeatureAlphaDropout",), "type nn.AlphaDropout()"),
    **dict.fromkeys(("RNNBase", "RNNCellBase"), "type nn.RNN, nn.GRU or nn.LSTM"),
    **{
        f"{kind}Pad{n}d": f"type nn.Sequential(lambda x: tl.ops.pad(x, {(1, 1) * n}, mode={mode!r}))"
        for kind, mode in (
            ("Zero", "constant"), ("Constant", "constant"), ("Reflection", "reflect"), ("Replication", "replicate"), ("Circular", "circular"),
        )
        for n in (1, 2, 3)
    },
    **{
        f"Lazy{layer}{n}": f"type nn.{layer}{n}(...) with its sizes; model.summary(x) shows what comes before it"
        for layer, ends in (
            ("Linear", ("",)),
            *((layer, ("1d", "2d", "3d")) for layer in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")),
        )
        for n in ends
    },
    **{f"{kind}{n}d": _TOO_MANY for kind in ("LPPool", "FractionalMaxPool", "MaxUnpool") for n in (1, 2, 3)},
}  # fmt: skip
"""By name in ``tl.nn``."""
