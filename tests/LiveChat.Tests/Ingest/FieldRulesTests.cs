using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Core.Ingest;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Tests.Protocol;
using Xunit;

namespace LiveChat.Tests.Ingest;

/// <summary>
/// Every field that a client or a backend can fill has its rule in one table, and keeps to it: which characters, how
/// long in UTF-8 bytes, which numbers. Walks over the shapes that the wire is read by, so that a field which is added
/// is found without a change here.
/// </summary>
public sealed class FieldRulesTests
{
    private static readonly string[] NoText = ["a\0b", "\u0001", "\u001b[2J", "\u007f", "\u0085", "\uffff", "\ufdd0",
        "\U0001fffe"];

    private static readonly string[] NoUnicode = ["\ud800", "a\udc00", "\ud800x"];

    private static readonly string[] NoLine = ["a\nb", "\t", "\r", "\u2028", "\u2029"];
    private static readonly string[] GoodText = ["a", "ä ☕ 😀", "<>&'+\"\\", "\u200d\u202e", "\ue000"];
    private static readonly string[] GoodTexts = ["a\n\tb\r\n", "\u2028"];

    private static readonly IReadOnlyList<JsonTypeInfo> Shapes =
    [
        .. FrameTable.ClientFrames,
        .. BackendRoutes.All.Concat(OperatorRoutes.All).Select(static route => route.Body).OfType<JsonTypeInfo>()
            .Distinct(),
    ];

    private static readonly IReadOnlyList<Field> Fields = [.. Shapes.SelectMany(static shape => FieldsOf(shape, []))];

    public static TheoryData<string> Names => [.. Fields.Select(static one => one.Name).Distinct()];

    [Fact]
    public void Every_field_and_every_part_of_a_path_has_a_rule_and_every_rule_a_field()
    {
        var parts = ApiRoutes.All.SelectMany(static route => route.PathParameters)
            .Select(static part => ApiRoute.Fields[part.Name])
            .Concat(BackendRoutes.All.Concat(OperatorRoutes.All).SelectMany(static route => route.Path.Split('/'))
                .Where(static part => part.StartsWith('{')).Select(static part => part.Trim('{', '}')));
        var named = Fields.Select(static field => field.RuleName).Concat(parts);
        Assert.Equal(FieldRules.All.Keys.Order(), named.Distinct().Order());
        Assert.All(Fields, static field => Assert.True(Fits(field), $"{field.Pointer} has a rule of another kind."));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_text_holds_what_its_rule_says_and_nothing_else(string name)
    {
        foreach (var field in Fields.Where(field => field.Name == name && field.Rule.OfText is not null))
        {
            var rule = field.Rule;
            if (ReferenceEquals(rule, FieldRule.Opaque)) continue;
            var isLong = rule.Holds == "text";
            var isLine = rule.Holds.StartsWith("a line", StringComparison.Ordinal);
            foreach (var text in isLong ? NoText : [.. NoText, .. NoLine]) AssertRefused(field, text);
            foreach (var text in isLong ? [.. GoodText, .. GoodTexts] : isLine ? GoodText : [])
                AssertTaken(field, text);
            foreach (var text in NoUnicode) Assert.NotNull(rule.OfText!(text));
            if (rule.BytesMin > 0) AssertRefused(field, "");
            if (!isLong && !isLine) continue;

            // Of one, two, three and four bytes each, up to the limit and one byte above it.
            foreach (var character in new[] { "x", "é", "漢", "😀" })
            {
                var size = Encoding.UTF8.GetByteCount(character);
                var longest = string.Concat(Enumerable.Repeat(character, rule.BytesMax / size))
                    + new string('x', rule.BytesMax % size);
                AssertTaken(field, longest);
                AssertRefused(field, longest + "x");
            }
        }
    }

    [Fact]
    public void Ids_keys_and_words_are_those_of_their_alphabet_and_length()
    {
        foreach (var field in Fields.Where(static field => ReferenceEquals(field.Rule, FieldRule.Id)))
        {
            AssertTaken(field, new string('a', 64));
            foreach (var text in new[] { new string('a', 65), "", ".", "..", "a b", "é", "a/b", "a:b" })
                AssertRefused(field, text);
        }

        foreach (var field in Fields.Where(static field => ReferenceEquals(field.Rule, FieldRule.Snowflake)))
        {
            AssertTaken(field, "18446744073709551615");
            foreach (var text in new[] { "18446744073709551616", "0", "", "-1", "+1", " 1", "1 ", "٣", "0x1", "1e3" })
                AssertRefused(field, text);
        }

        foreach (var field in Fields.Where(static field => ReferenceEquals(field.Rule, FieldRule.Key)))
        {
            AssertTaken(field, "019ab2c0-0000-7000-8000-000000000001");
            foreach (var text in new[]
                { "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "019ab2c0000070008000000000000001", "", "x" })
                AssertRefused(field, text);
        }

        foreach (var field in Fields.Where(static field => field.Name is "format" or "role" or "view"))
            AssertRefused(field, "Plain");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_number_lies_in_its_range(string name)
    {
        foreach (var field in Fields.Where(field => field.Name == name && field.Rule.OfNumber is not null))
        {
            AssertTaken(field, field.Rule.Min);
            AssertTaken(field, field.Rule.Max);
            AssertRefused(field, field.Rule.Min - 1);
            AssertRefused(field, field.Rule.Max + 1);
        }
    }

    [Theory]
    [InlineData("""{"k":1e308}""", null)]
    [InlineData("""{"k":1e309}""", "number")]
    [InlineData("""{"k":[-1e309]}""", "number")]
    [InlineData("""{"k":1e-400}""", "number")]
    [InlineData("""{"k":0e-400,"l":-0.0,"m":9007199254740993}""", null)]
    [InlineData("""{"k":"a\u0000b"}""", "characters")]
    [InlineData("""{"a\u0000":1}""", "characters")]
    [InlineData("""{"k":["\uffff"]}""", "characters")]
    [InlineData("""{"k":"\u0001\n\u2028"}""", null)]
    [InlineData("""[1]""", "object")]
    [InlineData("""7""", "object")]
    public void Data_of_the_application_are_what_every_client_can_hold(string json, string? rule)
    {
        foreach (var field in Fields.Where(static field => field.Rule.OfJson is not null))
            Assert.Equal(rule, field.Rule.OfJson!(JsonElement.Parse(json)));
    }

    [Fact]
    public void Data_of_the_application_count_as_the_client_means_them_however_they_are_written()
    {
        foreach (var value in new[] { "漢", "<", "&", "'", "+", "😀", "é", "x" })
        {
            var room = Limits.CustomBytesMax - """{"k":""}""".Length;
            var size = Encoding.UTF8.GetByteCount(value);
            var longest = string.Concat(Enumerable.Repeat(value, room / size)) + new string('x', room % size);
            foreach (var field in Fields.Where(static field => field.Rule.OfJson is not null))
                foreach (var written in Writings(longest))
                {
                    Assert.Null(field.Rule.OfJson!(JsonElement.Parse(written)));
                    Assert.Equal($"{{\"k\":\"{longest}\"}}", CustomJson.Canonical(JsonElement.Parse(written)));
                }

            Assert.All(Writings(longest + "x"), static written => Assert.Equal(
                FieldRule.TooLarge, CustomJson.Breaks(JsonElement.Parse(written), Limits.CustomBytesMax)));
        }
    }

    [Fact]
    public void The_protocol_says_what_each_field_holds()
    {
        var document = File.ReadAllText(Path.Combine(Vectors.Root(), "docs", "PROTOCOL.md"));
        var rows = FieldRules.All.GroupBy(static row => (row.Value.Holds, row.Value.AtMost))
            .Select(static group => $"\n| {string.Join(", ", group.Select(static row => NameOf(row.Key)).Order(
                StringComparer.Ordinal))} | {group.Key.Holds} | {group.Key.AtMost} |");
        Assert.All(rows, row => Assert.Contains(row, document, StringComparison.Ordinal));
    }

    private static string NameOf(string row) => row == "KeyDraft.name" ? "`name` of a key" : $"`{row}`";

    private static string[] Writings(string value) =>
    [
        $"{{ \"k\" : \"{value}\" }}",
        $"{{\"k\":\"{string.Concat(value.Select(static unit =>
            string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}")))}\"}}",
    ];

    private static void AssertTaken(Field field, JsonNode value) =>
        Assert.True(Check(field, value) is null, $"{field} refuses {value.ToJsonString()}");

    private static void AssertRefused(Field field, string text) => AssertRefused(field, JsonValue.Create(text));

    private static void AssertRefused(Field field, JsonNode value)
    {
        var problem = Check(field, value);
        Assert.True(problem is not null, $"{field} takes {value.ToJsonString()}");
        if (problem.Code == ErrorCode.PayloadTooLarge) return;
        Assert.Equal(ErrorCode.ValidationFailed, problem.Code);
        Assert.Equal(field.Pointer, Assert.Single(problem.Errors!).Pointer);
    }

    /// <summary>Makes a record that is whole, puts the value into it, and checks it as it would come.</summary>
    private static Problem? Check(Field field, JsonNode value)
    {
        var filled = field.IsList ? new JsonArray(value.DeepClone()) : value.DeepClone();
        var data = Fill(field.Shape, field.Path, filled);
        var record = JsonSerializer.Deserialize(data.ToJsonString(), field.Shape)!;
        return FieldPlan.Of(field.Shape).Check(record);
    }

    private static JsonObject Fill(JsonTypeInfo shape, ReadOnlySpan<string> path, JsonNode value)
    {
        var data = new JsonObject();
        foreach (var property in shape.Properties.Where(static property => property.Get is not null))
        {
            var inner = shape.Options.GetTypeInfo(property.PropertyType);
            if (property.Name == path[0])
                data[property.Name] = path.Length == 1 ? value : Fill(inner, path[1..], value);
            else if (property.IsRequired)
                data[property.Name] = SampleOf(shape, property, inner);
        }

        return data;
    }

    private static JsonNode SampleOf(JsonTypeInfo shape, JsonPropertyInfo property, JsonTypeInfo inner)
    {
        if (inner.Kind is JsonTypeInfoKind.Object) return Fill(inner, [""], 0);
        if (property.PropertyType == typeof(bool)) return true;
        if (property.PropertyType == typeof(IReadOnlyList<string>)) return new JsonArray();
        if (property.PropertyType == typeof(long)) return 1;
        var rule = FieldRules.Of(shape.Type, property.Name);
        return ReferenceEquals(rule, FieldRule.Key) ? "019ab2c0-0000-7000-8000-000000000001"
            : property.Name == "role" ? MemberRoles.Admin
            : "1";
    }

    private static IEnumerable<Field> FieldsOf(JsonTypeInfo shape, string[] above) => FieldsOf(shape, shape, above);

    private static IEnumerable<Field> FieldsOf(JsonTypeInfo top, JsonTypeInfo shape, string[] above) =>
        shape.Properties.Where(static property => property.Get is not null).SelectMany(property =>
        {
            string[] path = [.. above, property.Name];
            var inner = shape.Options.GetTypeInfo(property.PropertyType);
            return inner.Kind is JsonTypeInfoKind.Object
                ? FieldsOf(top, inner, path)
                : [new Field(top, shape.Type, path, property.PropertyType)];
        });

    private static bool Fits(Field field)
    {
        var type = Nullable.GetUnderlyingType(field.Type) ?? field.Type;
        var rule = field.Rule;
        if (type == typeof(string) || type == typeof(IReadOnlyList<string>)) return rule.OfText is not null;
        if (type == typeof(long) || type == typeof(int)) return rule.OfNumber is not null;
        if (type == typeof(JsonElement)) return rule.OfJson is not null;
        if (type == typeof(DateTimeOffset)) return ReferenceEquals(rule, FieldRule.Time);
        return type == typeof(bool) && ReferenceEquals(rule, FieldRule.Flag);
    }

    private sealed record Field(JsonTypeInfo Shape, Type Record, string[] Path, Type Type)
    {
        public string Name => Path[^1];

        public string Pointer => "/" + string.Join('/', Path);

        public bool IsList => Type == typeof(IReadOnlyList<string>);

        public string RuleName => FieldRules.All.ContainsKey($"{Record.Name}.{Name}") ? $"{Record.Name}.{Name}" : Name;

        public FieldRule Rule => FieldRules.Of(Record, Name);

        public override string ToString() => $"{Shape.Type.Name}{Pointer}";
    }
}
