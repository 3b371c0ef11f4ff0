namespace LiveChat.Core.Nodes;

/// <summary>A state in which a node refuses something that users ask for.</summary>
/// <param name="Name">In snake_case: a label of the gauge, and the beginning of its line in <c>/readyz</c>.</param>
/// <param name="Reason">Why, in a sentence that clients are told too; null while the node is not in it. Any thread may
/// ask, at any time; it is short and does not throw.</param>
internal sealed record RefusingState(string Name, Func<string?> Reason);
