using System.Reflection;

namespace LiveChat.Tests.Tidy;

/// <summary>The assemblies of <c>src/</c> that the tests can load by their names.</summary>
internal static class Assemblies
{
    public static readonly IReadOnlyList<Assembly> Ours =
    [
        .. new[]
        {
            "LiveChat.Protocol", "LiveChat.Core", "LiveChat.Embedded", "LiveChat.Server", "LiveChat.Client",
            "LiveChat.Loads", "livechat",
        }.Select(Assembly.Load),
    ];

    public static Assembly Core => Ours.Single(assembly => assembly.GetName().Name == "LiveChat.Core");
}
