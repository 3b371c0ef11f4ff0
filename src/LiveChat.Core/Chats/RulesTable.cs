using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Log;

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
        [RulesV4.Number] = new RulesV4(),
#if LIVECHAT_NEXT_RULES
        [NextKind.Rules] = new NextRules(),
#endif
    });

    /// <summary>The lowest number and the highest one.</summary>
    public (int Lowest, int Highest) Numbers { get; } = (rules.Keys.Min(), rules.Keys.Max());

    /// <summary>The lowest number whose rules know all that a record says. Ingest refuses what the number in use does
    /// not know, since another node could not read it.</summary>
    public static ushort NeededBy(Record record)
    {
#if LIVECHAT_NEXT_RULES
        if (NextKind.Has(record)) return NextKind.Rules;
#endif
        return record.Erasure || record.AddsErased ? RulesV4.Number : RulesV1.Number;
    }

    /// <summary>False: the partition stops, since another worker may know the number.</summary>
    public bool TryGet(ushort number, [NotNullWhen(true)] out IRules? found) => _rules.TryGetValue(number, out found);
}
