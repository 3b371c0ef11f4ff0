using System.Collections;
using System.Reflection;
using LiveChat.Core.Nodes;
using LiveChat.Tests.Sessions;
using Xunit;

namespace LiveChat.Tests.Nodes;

/// <summary>A source of chance is not safe for two threads: two owners, each with a lock of its own, would break it.
/// </summary>
public sealed class ChanceTests
{
    private const BindingFlags Own =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public async Task No_two_parts_of_a_node_share_a_source_of_chance()
    {
        await using var node = await TestNode.StartAsync();
        var owners = OwnersOf(node.Node);
        Assert.True(owners.Count >= 2); // The node and the calls to the store at least.
        Assert.All(owners, static source => Assert.Single(source.Value));
    }

    [Fact]
    public void A_shared_source_of_chance_is_found()
    {
        var shared = new Random(1);
        var owners = OwnersOf(new[] { new Owner(shared), new Owner(shared) });
        Assert.Equal(2, Assert.Single(owners).Value.Count);
    }

    /// <summary>Every source of chance that can be reached, and the objects that hold it.</summary>
    private static Dictionary<Random, HashSet<object>> OwnersOf(object root)
    {
        var owners = new Dictionary<Random, HashSet<object>>(ReferenceEqualityComparer.Instance);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var rest = new Stack<object>([root]);
        while (rest.TryPop(out var owner))
        {
            if (!seen.Add(owner)) continue;
            foreach (var part in PartsOf(owner))
                if (part is not Random chance)
                    rest.Push(part);
                else if (owners.TryGetValue(chance, out var former))
                    former.Add(owner);
                else
                    owners[chance] = new HashSet<object>(ReferenceEqualityComparer.Instance) { owner };
        }

        return owners;
    }

    private static IEnumerable<object> PartsOf(object owner)
    {
        if (owner is Delegate called) return called.Target is { } target ? [target] : [];
        if (owner is Array items) return items.Cast<object?>().OfType<object>();
        var parts = new List<object>();
        for (var type = owner.GetType(); type is not null && IsOurs(type); type = type.BaseType)
            foreach (var field in type.GetFields(Own))
                if (!field.FieldType.IsPrimitive && field.GetValue(owner) is { } part)
                    parts.Add(part);
        if (owner is IDictionary { Values: var values }) parts.AddRange(values.OfType<object>());
        return parts;
    }

    private static bool IsOurs(Type type) => type.Assembly == typeof(Node).Assembly
        || type.Assembly == typeof(ChanceTests).Assembly;

    private sealed class Owner(Random chance)
    {
        public int Next() => chance.Next();
    }
}
