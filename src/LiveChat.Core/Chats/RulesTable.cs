using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace LiveChat.Core.Chats;

/// <summary>
/// The code of every number of the rules that may still be in a log. Injected, so that a test can plant rules that
/// are wrong and see that it is noticed.
/// </summary>
internal sealed class RulesTable(IReadOnlyDictionary<ushort, IRules> rules)
{
    private readonly FrozenDictionary<ushort, IRules> _rules = rules.ToFrozenDictionary();

    /// <summary>All rules of this version.</summary>
    public static RulesTable Default { get; } = new(new Dictionary<ushort, IRules>
    {
        [RulesV1.Number] = new RulesV1(),
        [RulesV2.Number] = new RulesV2(),
        [RulesV3.Number] = new RulesV3(),
    });

    /// <summary>The lowest number and the highest one.</summary>
    public (int Lowest, int Highest) Numbers => (_rules.Keys.Min(), _rules.Keys.Max());

    /// <summary>False: the partition stops, since another worker may know the number.</summary>
    public bool TryGet(ushort number, [NotNullWhen(true)] out IRules? found) => _rules.TryGetValue(number, out found);
}
