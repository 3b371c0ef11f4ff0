using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class StateRulesTests
{
    [Fact]
    public void No_assembly_has_static_mutable_state() =>
        Findings.None(StateRules.Breaks(Assemblies.Ours.SelectMany(assembly => assembly.GetTypes())));

    [Fact]
    public void A_counter_a_property_a_cache_and_an_ambient_value_are_refused() =>
        Assert.Equal(
            ["Ambient", "Cache", "Sent", "_count"],
            StateRules.Breaks([typeof(Bad)])
                .Select(found => found.Split('.', '<', '>').Last(part => part is not "k__BackingField"))
                .Order(StringComparer.Ordinal));

    [Fact]
    public void Constants_frozen_tables_and_lambdas_are_allowed() =>
        Assert.Empty(StateRules.Breaks([typeof(Good), .. typeof(Good).GetNestedTypes(
            System.Reflection.BindingFlags.NonPublic)]));

    private static class Bad
    {
        public static readonly Dictionary<int, int> Cache = [];
        public static readonly AsyncLocal<int> Ambient = new();
        private static int _count;

        public static int Sent { get; set; }

        public static int Next() => ++_count;
    }

    private static class Good
    {
        public const int Most = 3;
        public static readonly IReadOnlyList<int> Sizes = [1, 2, 3];
        public static readonly System.Collections.Frozen.FrozenSet<int> Known =
            System.Collections.Frozen.FrozenSet.ToFrozenSet([1, 2]);

        public static int Epoch { get; } = 2025;

        public static IEnumerable<int> Twice() => Sizes.Select(size => size * 2);
    }
}
