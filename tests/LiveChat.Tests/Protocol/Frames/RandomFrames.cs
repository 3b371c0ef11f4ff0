using System.Reflection;
using System.Text.Json;
using CsCheck;
using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Protocol.Frames;

/// <summary>
/// Random frames of every type, built from the constructors and <c>init</c> members that the records have, so that
/// a member that is added later is tested without a change here.
/// </summary>
internal static class RandomFrames
{
    private static readonly string[] Texts =
    [
        "", "hi", "ä ☕ 😀", "\"\\/\b\f\n\r\t\u0000\u001f\u007f", "</script>&'", "\u2028\ufeff\uffff", "\u00e9e\u0301",
    ];

    private static readonly JsonElement[] Objects =
    [
        JsonElement.Parse("{}"), JsonElement.Parse("""{"a":[1,2.5,null,true,{"b":"😀\n"}],"c":-1e3}"""),
    ];

    public static Gen<ClientFrame> Client { get; } = OfAll<ClientFrame>();

    public static Gen<ServerFrame> Server { get; } = OfAll<ServerFrame>();

    /// <summary>Frames of one type.</summary>
    public static Gen<TFrame> Of<TFrame>()
        where TFrame : class => Gen.Int.Select(static seed => (TFrame)Make(typeof(TFrame), new Random(seed)));

    /// <summary>Whether two frames have the same type and the same members all the way down.</summary>
    public static bool Same(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (JsonElement one, JsonElement other) => JsonElement.DeepEquals(one, other),
        (string or ValueType, _) => left.Equals(right),
        (System.Collections.IEnumerable one, System.Collections.IEnumerable other) =>
            one.Cast<object>().ToList() is var ones && other.Cast<object>().ToList() is var others
            && ones.Count == others.Count && ones.Zip(others).All(pair => Same(pair.First, pair.Second)),
        _ => left.GetType() == right.GetType() && Members(left.GetType()).All(
            member => Same(member.GetValue(left), member.GetValue(right))),
    };

    private static Gen<TFrame> OfAll<TFrame>()
        where TFrame : class
    {
        Type[] types = [.. typeof(TFrame).Assembly.GetTypes().Where(
            type => type.IsAssignableTo(typeof(TFrame)) && !type.IsAbstract)];
        return Gen.Select(Gen.Int[0, types.Length - 1], Gen.Int, (at, seed) =>
            (TFrame)Make(types[at], new Random(seed)));
    }

    private static IEnumerable<PropertyInfo> Members(Type type) => type.GetProperties(
        BindingFlags.Public | BindingFlags.Instance).Where(member => member.CanWrite);

    private static object Make(Type type, Random random)
    {
        if (type == typeof(ChatEvent)) type = typeof(MessageCreated);
        var constructor = type.GetConstructors().MinBy(candidate => candidate.GetParameters().Length)!;
        var made = constructor.Invoke(
            [.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType, random))]);
        var nullability = new NullabilityInfoContext();
        foreach (var member in Members(type))
        {
            var mayBeNull = nullability.Create(member).WriteState == NullabilityState.Nullable;
            member.SetValue(made, mayBeNull && random.Next(2) == 0 ? null : Value(member.PropertyType, random));
        }

        return made is UnknownEvent unknown ? unknown with { Type = "poll.closed" } : made;
    }

    private static object Value(Type type, Random random)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return Texts[random.Next(Texts.Length)];
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(int)) return random.Next();
        if (type == typeof(uint)) return (uint)random.NextInt64(1, 1L << 32);
        if (type == typeof(long)) return random.NextInt64(1L << 53);
        if (type == typeof(JsonElement)) return Objects[random.Next(Objects.Length)];
        if (type == typeof(DateTimeOffset)) return DateTimeOffset.FromUnixTimeMilliseconds(random.NextInt64(1L << 42));
        if (!type.IsGenericType) return Make(type, random);

        var item = type.GetGenericArguments()[0];
        var items = Array.CreateInstance(item, random.Next(4));
        for (var i = 0; i < items.Length; i++) items.SetValue(Value(item, random), i);
        return items;
    }
}
