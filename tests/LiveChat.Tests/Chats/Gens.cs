using CsCheck;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Chats;

/// <summary>Chance for property tests: few users and few keys, so that what is rare in life is frequent here.</summary>
internal static class Gens
{
    public static readonly Gen<string> User = Gen.OneOf("ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal");

    private static readonly string?[] Custom = [null, "", """{"a":1}""", """{"b":[]}""", null];

    private static readonly string[] Patches =
        ["""{"a":null}""", """{"a":{"c":1}}""", """{"b":2,"a":{"d":null}}""", "{}"];

    private static readonly Gen<Role> AnyRole = Gen.OneOf(Role.Owner, Role.Admin, Role.Member);

    private static readonly Gen<Target> Target =
        Gen.Select(Gen.Long[1, 12], User, Gen.Int[0, 9], (seq, sender, n) => Records.Target(seq, sender, n > 0));

    /// <summary>A record of any kind; about every third key is used more than once within a stream of fifty.</summary>
    public static readonly Gen<Record> Record = Gen.Frequency(
        (1, Gen.Select(User, Gen.Int[0, 60], User.Array[0, 6], (by, key, users) => Records.Created(by, key, users))),
        (6, Gen.Select(User, Gen.Int[0, 60], Gen.OneOf("a", "b"), KeyTime, Records.Message)),
        (3, Gen.Select(User, Gen.Int[0, 60], Target, Records.Edit)),
        (3, Gen.Select(User, Gen.Int[0, 60], Target, Records.Delete)),
        (2, Gen.Select(User, Gen.Int[0, 60], Target, Gen.Bool, (by, key, target, on) =>
            Records.React(by, key, target, on))),
        (4, Gen.Select(User, Gen.Int[0, 60], User.Array[1, 4], (by, key, users) => Records.Add(by, key, users))),
        (3, Gen.Select(User, Gen.Int[0, 60], User, Records.Remove)),
        (3, Gen.Select(User, Gen.Int[0, 60], User, AnyRole, Records.SetRole)),
        (1, Gen.Select(User, Gen.Int[0, 60], Gen.OneOf(Patches), Records.Patch)),
        (2, Gen.Select(User, Gen.Int[0, 60], Gen.Long[1, 12], (by, key, seq) =>
            Records.Retitle(by, key, seq % 2 == 0 ? "t" : null, seq % 3 == 0 ? seq : null, Custom[seq % 5]))));

    /// <summary>A stream of a chat: creation first (by ann, with six others or none), then anything.</summary>
    public static readonly Gen<Record[]> Stream = Gen.Select(Gen.Bool, Record.Array[0, 60], (large, records) =>
        (Record[])[
            large
                ? Records.Created("ann", 1000, "bob", "cat", "dan", "eve", "fay")
                : Records.Created("ann", 1000, "bob"),
            .. records]);

    private static Gen<long> KeyTime => Gen.Frequency(
        (8, Gen.Long[-30_000, 30_000]),
        (1, Gen.Long[-3_000_000_000, 0]),
        (1, Gen.Long[0, 200_000])).Select(offset => Records.StartMs + offset);
}
