"""The story "Why not |x - y|?" in ten steps: the words of each in English and Chinese, and the code, which both share."""

from dataclasses import dataclass
from typing import Final

__all__ = ["ENDS", "STEPS", "TITLES", "Step"]


@dataclass(frozen=True)
class Step:
    """What is said before a cell, what its picture shows, and its code; words are by language."""

    says: dict[str, str]
    shows: dict[str, str]
    code: str


TITLES: Final = {
    "en": """# Why not |x − y|?

A model predicts x, the truth is y. How far apart are they? The first answer of almost everyone is |x − y|.
These ten steps show what goes wrong with it, why the square is better, and how the same question leads to cross-entropy.
Run the cells yourself: every output and every picture is computed from the functions that you see. You need to know what a slope is, and a little Python.""",
    "zh": """# 为什么不用 |x − y|？

模型的预测是 x，真实值是 y，二者相差多少？几乎所有人首先想到的都是 |x − y|。
下面用十步说明：它的问题出在哪里，平方为什么更好，以及同一个问题怎样一步步引出交叉熵。
每个单元格都可以自己运行：所有输出和图都由所列的函数算出。只需要知道什么是斜率，并会一点 Python。""",
}

STEPS: Final = (
    Step(
        {
            "en": """## 1. The V

Let y = 2 and move x. The value |x − y| falls with slope −1, reaches 0 at x = y, and rises with slope +1.
A gradient is one slope that holds on both sides. At x = y the two slopes differ, so there is no gradient.
Such a point is called a *kink*. `differentiability` prints what the function is there, its slope on the left, its slope on the right, and its gradient: `nan`, none.""",
            "zh": """## 1. V 形曲线

固定 y = 2，让 x 变动。|x − y| 先以斜率 −1 下降，在 x = y 处降到 0，再以斜率 +1 上升。
梯度存在，要求左右两侧的斜率相等。在 x = y 处两侧斜率不等，所以梯度不存在。
这样的点称为**折点（不可导点）**，英文是 kink。`differentiability` 依次给出：函数在该点的类型、左斜率、右斜率和梯度；`nan` 表示梯度不存在。""",
        },
        {
            "en": "Above, |x − y| is a V with its tip at x = 2. Below, its gradient jumps from −1 to +1; open circles mark the two slopes that it does not take at x = 2.",
            "zh": "上图：|x − y| 呈 V 形，最低点在 x = 2。下图：梯度从 −1 跳到 +1；两个空心圆表示在 x = 2 处取不到这两个值。",
        },
        """import numpy as np
import tinygrad_loss as tl
from tinygrad_loss.picture.curve import Curve, value_over_gradient

y = 2.0

def absolute(x):
    return np.abs(x - y)

v = tl.differentiability(absolute, 2.0)
print(v.kind, v.left, v.right, v.gradient)
value_over_gradient(Curve(absolute, -1.0, 5.0, at=(y,), title="|x − y|"))""",
    ),
    Step(
        {
            "en": """## 2. Where the gradient stops

A program computes |x − y| in two operations: a difference, then an absolute value.
The gradient travels from the result back to x, through every box. The red box is the one that it cannot pass: `absolute`, at 0. Its line `arriving 1` is the slope that reaches it from the result itself; it gets no further.""",
            "zh": """## 2. 梯度在哪里中断

程序分两步计算 |x − y|：先做减法，再取绝对值。
梯度从结果出发，逐个方框往回传，直到 x。红色方框就是它过不去的地方：绝对值 `absolute` 在 0 处。框里的 `arriving 1` 是传到这里的数（结果对自身的导数），它不能再往回传。""",
        },
        {
            "en": "The graph of |x − y| at x = y = 2: x and y enter a subtraction, whose result 0 enters the absolute value. That box is red: no gradient passes.",
            "zh": "|x − y| 在 x = y = 2 处的计算图：x 与 y 相减得 0，再取绝对值。取绝对值的方框是红色的：梯度传不过去。",
        },
        """x = tl.tensor(2.0, requires_grad=True, name="x")
picture = tl.draw(np.abs(x - y))
print([box.title for box in picture.scene.boxes if box.state == "undefined"])
picture""",
    ),
    Step(
        {
            "en": """## 3. It happens at the best point

Is x = y a rare accident? Take five measurements of one quantity, and look for the number m whose summed distance to them is smallest.
The sum has a kink at every measurement. It is smallest at the median, and the median of five numbers is one of them.
So the gradient is missing exactly at the point that we look for.""",
            "zh": """## 3. 问题恰好出在最优点

x = y 只是罕见的巧合吗？对同一个量测量五次，求一个数 m，使它到五个测量值的距离之和最小。
这个和在每个测量值处都有一个折点。它在中位数处最小，而五个数的中位数就是其中一个测量值。
所以，梯度恰好在我们要找的那个点上不存在。""",
        },
        {
            "en": "Above, the sum of |m − yᵢ|: straight pieces with a kink at each of five measurements, smallest at the median, m = 4. Below, its gradient: five jumps of 2, from −5 to +5.",
            "zh": "上图：Σ|m − yᵢ| 是一条折线，五个测量值处各有一个折点，在中位数 m = 4 处最小。下图：梯度从 −5 到 +5 共跳跃五次，每次增加 2。",
        },
        """from tinygrad_loss.picture.curve import Words

data = np.array([1.0, 2.5, 4.0, 7.0, 9.5])

def total(m):
    return np.sum(np.abs(m - data))

v = tl.differentiability(total, np.median(data))
print(np.median(data), v.kind, v.left, v.right)
curve = Curve(total, -0.5, 11.0, at=tuple(data), title="Σ |m − yᵢ|", x="m")
value_over_gradient(curve, words=Words(slope=""), width=6.0)""",
    ),
    Step(
        {
            "en": """## 4. The square

Square the difference instead. The corner is gone: every point has one slope, 2(x − y), and at x = y it is 0.
Far from y the slope is large, near y it is small.""",
            "zh": """## 4. 改用平方

把差平方，尖角就消失了：每一点都有唯一的斜率 2(x − y)，在 x = y 处斜率为 0。
离 y 远时斜率的绝对值大，离 y 近时斜率的绝对值小。""",
        },
        {
            "en": "Above, (x − y)² is a parabola with a level tangent at x = 2. Below, its gradient is a straight line through 0 at x = 2, without any gap.",
            "zh": "上图：(x − y)² 是抛物线，在 x = 2 处切线水平。下图：梯度是一条直线，在 x = 2 处过零点，没有间断。",
        },
        """def square(x):
    return np.square(x - y)

v = tl.differentiability(square, 2.0)
print(v.kind, v.left, v.right, v.gradient)
value_over_gradient(Curve(square, -1.0, 5.0, at=(y,), title="(x − y)²"))""",
    ),
    Step(
        {
            "en": """## 5. What it means for learning

Learning means: step against the gradient, again and again. Start both losses at x = 3.7.
The slope of |x − y| always has size 1, so every step is equally long: near y the steps go to and fro and never settle.
The slope of the square shrinks on the way, and so do the steps: x settles at y = 2.
A step size that shrinks with time would also settle |x − y|; the square needs no such care.""",
            "zh": """## 5. 对学习意味着什么

学习就是沿负梯度方向一步一步地走。两个损失都从 x = 3.7 出发。
|x − y| 的斜率绝对值恒为 1，步长始终相同：到了 y 附近就来回跳动，停不下来。
平方的斜率越来越小，步长也随之变小：x 收敛到 y = 2。
让学习率随时间减小，|x − y| 也能收敛；用平方则不必费这个心。""",
        },
        {
            "en": "x after each of twelve steps t. With |x − y| it jumps between 2.2 and 1.7 for ever; with (x − y)² it approaches 2.",
            "zh": "横轴 t 是步数，纵轴是 x。用 |x − y| 时，x 在 2.2 与 1.7 之间反复跳动；用 (x − y)² 时，x 趋于 2。",
        },
        """from tinygrad_loss.picture.plot import plot

def descend(f, x, rate):
    path = [x]
    for _ in range(12):
        x = x - rate * float(tl.grad(f)(x))
        path.append(x)
    return path

jumps = descend(absolute, 3.7, rate=0.5)
settles = descend(square, 3.7, rate=0.25)
print(np.round(jumps[-4:], 3))
print(np.round(settles[-4:], 3))
t = range(13)
plot({"|x − y|": (t, jumps), "(x − y)²": (t, settles)}, x="t", y="x")""",
    ),
    Step(
        {
            "en": """## 6. Why the square, of all things?

|x − y|³ and (x − y)⁴ are smooth at x = y, too. Why the square?
Ask another question: *how likely is what happened?* Say that the error e = x − y follows a normal distribution.
Minus the logarithm of its density is e²/2 plus a constant: the square. For a Laplace distribution it is |e| plus a constant: the absolute value.
To choose a loss is to choose what you believe about errors. The two `True` confirm it at 121 errors.""",
            "zh": """## 6. 为什么偏偏是平方？

|x − y|³、(x − y)⁴ 在 x = y 处也是光滑的，为什么选平方？
换一个问题：**已经发生的事，可能性有多大？** 假设误差 e = x − y 服从正态分布，
它的密度取负对数，就是 e²/2 加一个常数，也就是平方。若服从拉普拉斯分布，取负对数就是 |e| 加一个常数，也就是绝对值。
选择一种损失，就是选择对误差分布的一种假设。输出的两个 `True` 表示在 121 个误差上验证无误。""",
        },
        {
            "en": "Left, the densities of the errors: a smooth bell for Normal, a pointed peak for Laplace. Right, minus their logarithms: a parabola and a V.",
            "zh": "左图是误差的密度：正态分布（Normal）是光滑的钟形，拉普拉斯分布（Laplace）有尖峰。右图是负对数：一条抛物线和一个 V 形。",
        },
        """from tinygrad_loss.distributions import Laplace, Normal
from tinygrad_loss.picture.figure import figure

e = np.linspace(-3.0, 3.0, 121)
normal, laplace = Normal(0.0, 1.0), Laplace(0.0, 1.0)
print(np.allclose(normal.nll(e) - normal.nll(0.0), e**2 / 2))
print(np.allclose(laplace.nll(e) - laplace.nll(0.0), np.abs(e)))

drawn = figure(7.0, 3.2)
left, right = drawn.subplots(1, 2)
for noise in (laplace, normal):
    left.plot(e, noise.prob(e), label=type(noise).__name__)
    right.plot(e, noise.nll(e), label=type(noise).__name__)
left.set(title="p(e)", xlabel="e = x − y")
right.set(title="−log p(e)", xlabel="e = x − y")
right.legend(frameon=False)
drawn""",
    ),
    Step(
        {
            "en": """## 7. A coin

Ask the same question where there is no distance at all. Ten tosses gave seven heads. The coin shows heads with an unknown probability p.
The tosses are independent, so what happened has the probability p⁷(1 − p)³. Read as a function of p it is called the *likelihood*.
It is largest at p = 0.7, and there its gradient is 0.""",
            "zh": """## 7. 抛硬币

现在把同一个问题用到没有“距离”可言的地方。抛十次硬币，七次正面；出现正面的概率 p 未知。
各次抛掷相互独立，所以已发生的结果的概率是 p⁷(1 − p)³。把它看成 p 的函数，就称为**似然**（likelihood）。
似然在 p = 0.7 处最大，那里的梯度为 0。""",
        },
        {
            "en": "Above, the likelihood of p: a hill with its top at p = 0.7. Below, its gradient: positive before the top, 0 at it, negative after it.",
            "zh": "上图：似然函数呈山峰状，峰顶在 p = 0.7。下图：梯度在峰顶之前为正，峰顶处为 0，峰顶之后为负。",
        },
        """from tinygrad_loss.distributions import Bernoulli

tosses = np.array([1.0, 1, 0, 1, 1, 0, 1, 1, 0, 1])

def each(p):
    return np.where(tosses == 1, p, 1 - p)

def likelihood(p):
    return np.prod(each(p))

best = round(float(Bernoulli.fit(tosses).probs), 12)
print(best, f"{float(likelihood(best)):.6f}")
hill = Curve(likelihood, 0.04, 0.985, at=(best,), title="p⁷(1 − p)³", x="p")
value_over_gradient(hill)""",
    ),
    Step(
        {
            "en": """## 8. From a product to a sum

A product of many probabilities becomes too small for a computer. With the same ten tosses again and again it is exactly 0 from toss 1223 on, and its gradient with it.
The logarithm turns the product into a sum, which stays an ordinary number. The logarithm grows with its argument, so the maximum stays where it was.""",
            "zh": """## 8. 从连乘到求和

很多概率连乘，结果会小到计算机表示不了。把这十次抛掷不断重复，到第 1223 次时乘积就恰好是 0，梯度也随之变成 0。
取对数，连乘变成求和，结果仍是普通的数。对数函数单调递增，所以最大值点不变。""",
        },
        {
            "en": "Left, the likelihood; right, its logarithm, each above its gradient. Both are largest at p = 0.7.",
            "zh": "左边是似然，右边是对数似然；上图是函数值，下图是梯度。两者都在 p = 0.7 处最大。",
        },
        """def log_likelihood(p):
    return np.sum(np.log(each(p)))

many = np.tile(each(0.7), 200)
gone = int(np.argmax(np.cumprod(many) == 0)) + 1
print(gone, f"{np.sum(np.log(many[:gone])):.2f}")
title = "7 log p + 3 log(1 − p)"
value_over_gradient(
    hill,
    Curve(log_likelihood, 0.04, 0.985, at=(best,), title=title, x="p"),
    words=Words(slope=""),
    width=7.0,
)""",
    ),
    Step(
        {
            "en": """## 9. Change the sign: a loss

A loss should be small when the model is good. So change the sign, and divide by the number of tosses, so that it does not grow with the data.
The result is *binary cross-entropy*, the loss of every yes-or-no classifier. The two printed numbers agree: this mean by hand, and the library's loss.""",
            "zh": """## 9. 变号，得到损失

模型越好，损失应当越小，所以变号；再除以抛掷次数，使它不随数据量增大。
这就是**二元交叉熵**（binary cross-entropy），所有“是或否”分类器都用它。输出的两个数相等：一个是手工求的平均值，一个是库函数算出的损失。""",
        },
        {
            "en": "Above, the mean of −log p(toss): a smooth valley, lowest at p = 0.7, steep near 0 and 1. Below, its gradient: one smooth curve that crosses 0 at p = 0.7.",
            "zh": "上图：−log p 的平均值是一条光滑的谷形曲线，在 p = 0.7 处最低，靠近 0 和 1 时很陡。下图：梯度是一条光滑曲线，在 p = 0.7 处过零点。",
        },
        """def loss(p):
    return -np.mean(np.log(each(p)))

predicted = np.full(10, 0.7)
by_library = tl.losses.binary_cross_entropy(predicted, tosses)
print(f"{float(loss(0.7)):.6f} {float(by_library):.6f}")
title = "−(7 log p + 3 log(1 − p)) / 10"
value_over_gradient(Curve(loss, 0.04, 0.985, at=(best,), title=title, x="p"))""",
    ),
    Step(
        {
            "en": """## 10. Many classes: cross-entropy

A classifier gives a score zₖ to each class k. Softmax turns the scores into probabilities pₖ. The loss is −log p of the class that happened: *cross-entropy*.
Its gradient is the simplest one can wish for: pₖ − yₖ, where yₖ is 1 for the class that happened and 0 for the others.
A class that was given too much probability is pushed down, the right one is pulled up, and nothing is undefined.""",
            "zh": """## 10. 多个类别：交叉熵

分类器给每个类别 k 一个分数 zₖ，softmax 把分数变成概率 pₖ。损失是实际出现的那一类的 −log p，这就是**交叉熵**（cross-entropy）。
它的梯度再简单不过：pₖ − yₖ，其中 yₖ 对实际出现的类别取 1，对其他类别取 0。
概率给多了的类别被压低，正确的类别被抬高，处处都有梯度。""",
        },
        {
            "en": "Left, the probabilities of three classes; the hatched class 2 happened. Right, the gradient of the loss in each score: positive for classes 0 and 1, negative for class 2.",
            "zh": "左图：三个类别的概率，带斜线的第 2 类是实际出现的类别。右图：损失对各个分数的梯度，第 0、1 类为正，第 2 类为负。",
        },
        """from tinygrad_loss.picture.palette import COLOURS, LIGHT, QUIET

scores = tl.tensor([[1.0, 0.5, 0.0]], requires_grad=True, name="scores")
happened = np.array([2])
tl.losses.cross_entropy(scores, happened).backward()
p = tl.ops.softmax(scores.numpy(), axis=1)
print(np.round(scores.grad[0], 4))
print(np.round((p - np.eye(3)[happened])[0], 4))

drawn = figure(7.0, 3.0)
left, right = drawn.subplots(1, 2)
bars = ((left, p[0], "pₖ"), (right, scores.grad[0], "dL/dzₖ = pₖ − yₖ"))
for panel, heights, title in bars:
    happens = {"edgecolor": LIGHT["paper"], "hatch": ["", "", "///"]}
    panel.bar(range(3), heights, color=COLOURS[1], **happens)
    panel.axhline(0.0, color=QUIET, linewidth=0.8, linestyle="-")
    panel.set(title=title, xlabel="k", xticks=range(3))
drawn""",
    ),
)

ENDS: Final = {
    "en": """## What to keep

* |x − y| has no gradient at x = y, just where learning wants to arrive.
* The square has one everywhere. Up to a constant and a factor it is minus the logarithm of a normal density.
* Cross-entropy is minus the logarithm of the probability of what happened. It is the same idea as the square, for classes.

The model in front of the loss may be anything: a line, an MLP, a CNN, an RNN, a Transformer. The loss asks the same question of all.""",
    "zh": """## 小结

* |x − y| 在 x = y 处没有梯度，而那正是学习要到达的地方。
* 平方处处有梯度。若不计常数项和倍数，它就是正态分布密度的负对数。
* 交叉熵是已发生结果的概率的负对数。它与平方是同一个思想，只是用在类别上。

损失前面的模型可以是任何东西：一条直线、MLP、CNN、RNN 或 Transformer，损失向它们提出的是同一个问题。""",
}
