using System.Text.Json;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>A page in a tab of <see cref="Chromium"/>.</summary>
internal sealed class ChromiumPage(Chromium browser, string session)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public Task AskAsync(string method, object parameters) => browser.AskAsync(method, parameters, session);

    /// <summary>The value of an expression in the page.</summary>
    public async Task<T> ValueAsync<T>(string expression)
    {
        var answer = await browser.AskAsync(
            "Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true }, session);
        if (answer["exceptionDetails"] is { } failed) throw new InvalidOperationException(failed.ToJsonString());
        return answer["result"]!["value"].Deserialize<T>()!;
    }

    /// <summary>Waits until something is so in the page, which may have nothing to look at yet; the text of the page is
    /// in the message if that never comes.</summary>
    public async Task UntilAsync(string condition, CancellationToken limit)
    {
        while (!await ValueAsync<bool>($"(() => {{ try {{ return !!({condition}); }} catch {{ return false; }} }})()"))
        {
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"Never: {condition}. The page shows {await TextAsync()}");
            await Task.Delay(Look, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Types a message into the field, and sends it.</summary>
    public async Task WriteAsync(string text)
    {
        await ValueAsync<object?>("document.querySelector('textarea').focus()");
        await AskAsync("Input.insertText", new { text });
        foreach (var type in (string[])["keyDown", "keyUp"])
        {
            await AskAsync(
                "Input.dispatchKeyEvent", new { type, key = "Enter", code = "Enter", windowsVirtualKeyCode = 13 });
        }
    }

    /// <summary>The texts of the messages that the page shows, from the top.</summary>
    public Task<string[]> MessagesAsync() =>
        ValueAsync<string[]>("[...document.querySelectorAll('.messages p')].map((text) => text.textContent)");

    public async Task<byte[]> ScreenshotAsync() => Convert.FromBase64String(
        (await browser.AskAsync("Page.captureScreenshot", new { }, session))["data"]!.GetValue<string>());

    private Task<string> TextAsync() => ValueAsync<string>("document.body.innerText");
}
