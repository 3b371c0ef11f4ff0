using System.Reflection;

namespace LiveChat.Tests.Tidy;

/// <summary>A port has at most six methods: more than that is two ports.</summary>
internal static class PortRules
{
    private const int MethodsMax = 6;

    public static IEnumerable<string> Breaks(IEnumerable<Type> types) =>
        from type in types
        where type.IsInterface
        let methods = type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly).Count(method => !method.IsSpecialName)
        where methods > MethodsMax
        select $"{type.FullName}: {methods} methods";
}
