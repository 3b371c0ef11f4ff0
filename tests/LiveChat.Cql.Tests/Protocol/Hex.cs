namespace LiveChat.Cql.Tests.Protocol;

/// <summary>Bytes as the tests write them: hex digits with blanks, and text in quotation marks.</summary>
internal static class Hex
{
    public static byte[] Bytes(string text)
    {
        var bytes = new List<byte>();
        for (var index = 0; index < text.Length;)
        {
            if (char.IsWhiteSpace(text[index]))
            {
                index++;
            }
            else if (text[index] == '"')
            {
                var end = text.IndexOf('"', index + 1);
                bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(text[(index + 1)..end]));
                index = end + 1;
            }
            else
            {
                bytes.Add(Convert.ToByte(text.Substring(index, 2), 16));
                index += 2;
            }
        }

        return [.. bytes];
    }
}
