using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class SecurityHeadersTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task The_page_and_all_of_its_files_may_run_what_comes_from_here_alone_and_be_framed_by_nobody()
    {
        var folder = Path.Combine(Repository.Root, "Notifier.Api", "wwwroot");
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".md", StringComparison.Ordinal)).Select(file => "/" + Path.GetRelativePath(folder, file)).Append("/").ToArray();
        files.Length.ShouldBeGreaterThan(3);

        foreach (var file in files)
        {
            using var answer = await host.Http.GetAsync(file);

            answer.StatusCode.ShouldBe(HttpStatusCode.OK, file);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single().Split("; ");
            policy.ShouldContain("default-src 'self'");
            policy.ShouldContain("frame-ancestors 'none'");
            policy.ShouldAllBe(directive => !directive.Contains("unsafe", StringComparison.Ordinal) && !directive.Contains('*'));
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
            answer.Headers.Contains("Server").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task The_page_holds_no_script_and_no_style_that_its_policy_would_stop()
    {
        var page = await host.Http.GetStringAsync("/");

        page.ShouldNotContain("<style", Case.Insensitive);
        page.ShouldNotContain(" style=", Case.Insensitive);
        page.ShouldNotMatch("""<script(?![^>]*\ssrc=)""");
        page.ShouldNotMatch("""\son[a-z]+\s*=""");
        page.ShouldNotContain("javascript:", Case.Insensitive);
    }

    [Theory]
    [InlineData("/api/rooms/general/messages", HttpStatusCode.OK)]
    [InlineData("/api/rooms/..%20/messages", HttpStatusCode.BadRequest)]
    [InlineData("/api/nothing", HttpStatusCode.NotFound)]
    [InlineData("/health", HttpStatusCode.OK)]
    public async Task No_browser_guesses_what_an_answer_is(string path, HttpStatusCode status)
    {
        using var answer = await host.Http.GetAsync(path);

        answer.StatusCode.ShouldBe(status);
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task A_stream_too_says_what_it_is()
    {
        await using var stream = await host.OpenAsync("/api/rooms/general/events");

        stream.Response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }
}
