#!/usr/bin/env python3
"""Writes the golden fixtures of Tests/TextEmbeddingTests/Fixtures: what the reference makes of varied texts.

Token ids come from Hugging Face `tokenizers` with the published tokenizer.json; vectors from an independent forward
pass, BertModel of `transformers` on PyTorch in double precision, mean over tokens, unit length. Nothing of this
project's code is used. Written are

    golden.json       the texts with their token ids, and which row of vectors.f32 is whose
    vectors.f32       unit vectors, little-endian float32, 384 each
    code-points.json  one FNV-1a hash for each 4,096 code points, over the ids of every one of them in three places

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install tokenizers==0.21.4 transformers==4.55.4 torch==2.8.0 safetensors numpy
    /tmp/venv/bin/python scripts/golden-embeddings.py MODEL_DIRECTORY

MODEL_DIRECTORY has model.safetensors, config.json and tokenizer.json: in the wheel that scripts/setup.sh fetches it is
data/embeddings/sentence-transformers__all-MiniLM-L6-v2.
"""
import json
import pathlib
import random
import sys

import numpy
import tokenizers
import torch
import transformers
from safetensors.torch import load_file

PINNED = {"tokenizers": "0.21.4", "transformers": "4.55.4", "torch": "2.8.0"}
TARGET = pathlib.Path(__file__).resolve().parent.parent / "Tests/TextEmbeddingTests/Fixtures"
TOKENS_MAX = 256
BLOCK = 4096

PLAIN = r"""
That is a happy person
That is a happy dog
That is a very happy person
Today is a sunny day
My invoice from March was charged twice, please refund one of them.
I cannot log in since this morning. It says "account locked" but I never typed a wrong password!!!
hi
?
Where is my order #48213-B? Tracking says delivered but nothing is here.
The export button does nothing in Firefox 128; in Chrome it works. Console: TypeError: undefined is not a function
URGENT!!! production is down, all our agents see 502 since 09:14 UTC
thanks, that solved it :)
Please cancel my subscription at the end of the month and confirm by e-mail.
How do I add a colleague to our workspace without giving them billing rights?
the quick brown fox jumps over the lazy dog and then runs away from the big angry bear in winter
A dog; a cat; a mouse.
any of various small breeds of dogs formerly used to hunt animals that live in burrows
the process of expressing something in words
(astronomy) a celestial body of hot gases that radiates energy derived from thermonuclear reactions
antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis
don't won't can't it's we're they'll I'd o'clock rock'n'roll
e-mail re-enter co-operate state-of-the-art well-known -dash- --double-- ---
1 12 123 1234 12345 123456 1234567890 3.14159 1,000,000.00 -42 +7 1e-9 0x1F 50% $99.99 £12 €7,50 ¥500
2024-11-23T00:45:00Z 23/11/2024 12:30pm 24h 1st 2nd 3rd 4th
v1.2.3-rc.4+build.567 IPv4 192.168.0.1 IPv6 fe80::1 MAC 00:1a:2b:3c:4d:5e
http://localhost:8000
https://example.com/a/b?c=d&e=f#frag and www.example.org/path/(paren)
contact: first.last+tag@sub.example.co.uk
C:\\Users\\me\\file.txt /usr/local/bin/env ~/.config
for (int i = 0; i < n; ++i) { sum += a[i] * b[i]; }
def f(x): return {k: v for k, v in x.items() if v is not None}
SELECT id, name FROM users WHERE email = 'a@b.c' AND deleted_at IS NULL;
<div class="x">hello &amp; <b>world</b></div>
{"key": [1, 2.5, null, true], "nested": {"a": "b"}}
#hashtag @mention $TICKER ^caret `code` ~tilde |pipe| \\backslash\\ _under_score_ *star*
!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~
snake_case camelCase PascalCase kebab-case SCREAMING_SNAKE
ALL CAPS TEXT IS LOWERED
[CLS] hello [SEP] world [MASK] [UNK] [PAD]
[cls] [Sep] [ MASK ] [MASK [MASK] ] [[SEP]] [MASK]ing un[UNK]known
ab[SEP]cd
##ing ##s # # ##
unaffable embeddings tokenization hyperparameters
supercalifragilisticexpialidocious floccinaucinihilipilification
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
qwertyuiop asdfghjkl zxcvbnm
the of and to in a is that for it
Bonjour, je n'arrive plus à me connecter à mon compte depuis hier soir. Pouvez-vous m'aider ?
Où est passée ma commande ? Ça fait déjà trois semaines !
Guten Tag, ich möchte meine Rechnung ändern lassen. Die Straße ist falsch: Größe, Übermaß, Äpfel, ß ẞ.
¿Dónde está mi pedido? ¡Mañana será tarde! El niño comió piñata.
Olá, não consigo acessar a minha conta. Coração, pão, avião.
Buongiorno, perché non funziona più? È già la terza volta.
Hej, jag får ett fel när jag försöker betala. Åäö ÅÄÖ. Ærlig talt, smørrebrød på øya.
Dzień dobry, zażółć gęślą jaźń. Łódź, żółw, ćma.
Dobrý den, příliš žluťoučký kůň úpěl ďábelské ódy.
Jó napot, árvíztűrő tükörfúrógép.
Bună ziua, țară, șase, întâi, ăla, Ștefan Țară Ţară Şase.
Merhaba, İstanbul'da ısı çok yüksek. IĞDIR ığdır İİİ ŞŞŞ
Xin chào, tôi không thể đăng nhập được. Tiếng Việt có nhiều dấu: ế ề ể ễ ệ ắ ằ ẳ ẵ ặ
Здравствуйте, я не могу войти в свой аккаунт. Ёлка, йод, Й, ЁЖ.
Привіт, їжак і ґанок. Ї Ґ Є
Здраво, љубав, њива, џеп, ћуприја, ђак.
Καλημέρα σας, δεν μπορώ να συνδεθώ. ΟΔΥΣΣΕΥΣ ΣΊΣΥΦΟΣ ς Σ σ Ώ ΐ ΰ ᾳ ᾼ ῌ
Բարեւ ձեզ, ինչպե՞ս եք։ և ﬓ
გამარჯობა, როგორ ხარ? ᲒᲐᲛᲐᲠᲯᲝᲑᲐ
שלום, אני לא מצליח להתחבר לחשבון שלי.
שָׁלוֹם עֲלֵיכֶם וּבְרָכָה שׁ שׂ
مرحبا، لا أستطيع تسجيل الدخول إلى حسابي.
السَّلَامُ عَلَيْكُمْ وَرَحْمَةُ اللهِ آأإؤئ ﷺ ﷲ لا
سلام، نمی‌توانم وارد حساب خود شوم. ۱۲۳۴۵
ہیلو، میں لاگ ان نہیں کر سکتا۔
नमस्ते, मैं अपने खाते में लॉग इन नहीं कर पा रहा हूँ। क़ ख़ ग़ ज़ ड़ ढ़ १२३
হ্যালো, আমি লগইন করতে পারছি না। ড় ঢ় য় কো কৌ
வணக்கம், என்னால் உள்நுழைய முடியவில்லை. கொ கோ கௌ
నమస్కారం, నేను లాగిన్ కాలేకపోతున్నాను. కై
ನಮಸ್ಕಾರ, ನಾನು ಲಾಗಿನ್ ಆಗಲು ಸಾಧ್ಯವಾಗುತ್ತಿಲ್ಲ. ಕೀ ಕೊ ಕೋ
നമസ്കാരം, എനിക്ക് ലോഗിൻ ചെയ്യാൻ കഴിയുന്നില്ല. കൊ
ආයුබෝවන්, මට පුරනය විය නොහැක. කෝ කෞ
สวัสดีครับ ฉันเข้าสู่ระบบไม่ได้ กำ น้ำ ๑๒๓
ສະບາຍດີ ຂ້ອຍບໍ່ສາມາດເຂົ້າສູ່ລະບົບ ນໍ້າ
မင်္ဂလာပါ ကျွန်တော် ဝင်လို့မရဘူး ဦ
សួស្តី ខ្ញុំមិនអាចចូលបានទេ
བཀྲ་ཤིས་བདེ་ལེགས། གྷ ཌྷ ཱི ཱུ
ሰላም፣ መግባት አልቻልኩም።
ᏣᎳᎩ ꭰꭱ Ꭰ ꮳ
你好，我无法登录我的账户。请帮帮我！
訂單在哪裡？已經三個星期了。
我的iPhone15坏了，screen碎了
こんにちは、ログインできません。パスワードを忘れました。が ぎ ぐ パ ピ プ ヴ
カタカナ ｶﾀｶﾅ ﾊﾟｿｺﾝ ひらがな 漢字 々 〆 ー
안녕하세요, 로그인이 안 됩니다. 비밀번호를 잊어버렸어요. 각 갃 힣 가
한글과 English 섞어쓰기 123
豈 更 車 賈 滑 﨎 﨏 丽 丸 乁
𠀀 𠀁 𪜶 𫝀 𫠠 𬺰 㐀 䶵 龥 鿿
Ａｌｌ ｆｕｌｌ－ｗｉｄｔｈ ｔｅｘｔ！ １２３ ＡＢＣ～
ﬁ ﬂ ﬀ ﬃ ﬄ ﬅ ﬆ Ĳ ĳ Ǆ ǅ ǆ Ǳ Œ œ Æ æ
ⅠⅡⅢ ⅳ ⅴ ① ② ⑳ Ⓐ ⓐ ㊀ ㍻ ㎏ ½ ¼ ¾ ² ³ ¹ ⁴ ₂ H₂O x² ™ ® © ℃ ℉ Å Ω K
𝐇𝐞𝐥𝐥𝐨 𝕎𝕠𝕣𝕝𝕕 𝒻𝒶𝓃𝒸𝓎 𝟙𝟚𝟛
a\u0301e\u0301i\u0301 e\u0323\u0302 q\u0307\u0323 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u0334\u0319\u0324\u031e\u0349a\u035aL\u0344
A\u030a \u212b \u00c5 n\u0303 \u00f1 o\u031b\u0301 \u1edb u\u0308\u0304 \u01d6
\u0301 \u0301\u0301\u0301 x\u20dd y\u20e3 1\ufe0f\u20e3
\u302e\u302f a\u302f\u302e\u0301b \u1d15e \U0001d15e \U0001d1bc c\U0001d165\U0001d16d\U0001d16e
\u0f71\u0f74\u0f72 \u0f73 \u0f75 \u0f81 \u0c46\u0c56 \u0c48 \u0340\u0341\u0343\u0344
\U0001e944\U0001e94a\U0001e946 \U0001e922\U0001e943 \U00010400\U00010428 \u1b44\u1b34 \ua9c0\u1baa
🙂 😀😃😄 👍 👍🏽 ❤️ ❤ ☕ ⚡ ✅ ❌ 🔥🔥🔥
👨‍👩‍👧‍👦 family 🏳️‍🌈 flag 🇩🇪🇫🇷 👩🏽‍💻 coder
Great job 🎉!!! ur the best 💯💯 ¯\\_(ツ)_/¯ (╯°□°)╯︵ ┻━┻
☃ ☀ ♠♥♦♣ ♪♫ ★☆ ← ↑ → ↓ ⇒ ∀∃∈∑∏√∞≠≤≥ ± × ÷ ∂∇ ∫
─│┌┐└┘ █▓▒░ ■□▲△ ●○ ◆◇
“curly” ‘quotes’ „low“ «guillemets» ‹single› – en — em … ellipsis • bullet · dot ‽ ⁈ ¡ ¿ § ¶ † ‡ ‰
a\u200bb c\u200cd e\u200df g\u2060h i\ufeffj k\u00adl m\u034fn o\u180ep
\ufeffstarts with a byte order mark
left\u200e right\u200f \u202aembed\u202c \u2066isolate\u2069
tab\there newline\nhere return\r\nhere vertical\u000bform\u000cfeed next\u0085line
nbsp\u00a0here thin\u2009space em\u2003space ideographic\u3000space line\u2028sep para\u2029sep ogham\u1680mark
nul\u0000inside bell\u0007 escape\u001b[31mred\u001b[0m delete\u007f c1\u0080\u009f
replacement \ufffd character \ufffd\ufffd noncharacters \ufffe \uffff \U0001fffe
private \ue000 \uf8ff \U000f0000 \U0010fffd tags \U000e0001\U000e0041 vs \ufe00\ufe0f\U000e0100
unassigned \u0378 \u0e00 \U0001f8ff \U000e1000 new \u0870 \u0898 \U0001fae8 \U00011f00
\u0130 \u0131 i\u0307 I\u0307 \u0069\u0307 \u0049 \u1e9e \u00df \u017f \u212a \u0149 \u01f0 \u0390 \u1e96 \ufb00 \u0587
\u037e \u1fef \u00b4 \u1ffd \u0387 \u2126 \u212b \u2329\u232a \u3008\u3009
\u00aa \u00ba \u02b0 \u1d2c \u2071 \u2090 \u3131 \uffa1 \u1100\u1161\u11a8 \uac00\u11a8 \u1112\u1161\u11ab
\u0600\u06dd\u070f\u08e2 \U000110bd \U0001bca0 \U0001d173
।॥ ։ ؟ ، ؛ ۔ ၊ ။ ። ᠃ ។ ៕ 、。「」『』【】〜・ ！？ ； ： （） ［］ ｛｝ ¦ ¬ ¨ ¯ ¸ ˜ ˆ
𐤀𐤁 𒀀𒀁 𓀀𓀁 𐌰𐌱 ᚠᚢᚦ ☭ ꙮ ꜳ Ꜳ ⱥ Ⱥ Ɐ ᵹ Ᵹ ꞌ Ꞌ Ʞ ꟼ
𑀅𑀆 𑄮 𑄯 𑍋 𑍌 𑒻 𑒼 𑖺 𑖻 𑤸 𑥃
Please reset my password, mi contraseña no funciona, 我忘记了, я забыл, 😭
   leading and trailing   spaces   \t \n
a b c d e f g h i j k l m n o p q r s t u v w x y z
. . . . , , , ; ; ; ! ! ! ? ? ?
........................................
?!?!?!?!?!?!?!
hello,world;foo:bar.baz!qux?quux
x
é
日
한
🙂
\u0000
\u200b
\ufffd
\u0301
\u00a0
"""

WORDS = (
    "account agent answer app attach balance bank billing blank broken browser button cable call cancel card change "
    "charge chat check click close code colour confirm connect contact coupon crash credit customer damage date day "
    "deliver delay device discount dispute double driver edit email error exchange export fail fault fee file fix "
    "form gift hello help hour import incorrect install invoice issue item label late laptop leave limit link lock "
    "login lost manager message missing mobile money month morning name network never new notice now number offer "
    "office old open order package page parcel password pay phone plan please price printer product profile "
    "purchase question quick receipt record refund region renew repair replace report request reset return review "
    "screen search seat send server service settings shipping shop sign size slow soon speed stock stop store "
    "street support sync team thank ticket today tomorrow total track transfer trial twice update upgrade upload "
    "urgent user version voucher wait warranty week window wrong year yesterday".split())


def sentences(rng, count):
    for _ in range(count):
        words = [rng.choice(WORDS) for _ in range(rng.randint(3, 60))]
        words[0] = words[0].capitalize()
        yield " ".join(words) + rng.choice([".", "!", "?", "", "..."])


def soup(rng, count):
    """Scalars from everywhere, so that what nobody thought of is there too."""
    ranges = [
        (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x591, 0x6FF), (0x900, 0xDFF), (0xE00, 0xFFF),
        (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xD7A3),
        (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE00, 0xFFFF), (0x10000, 0x1FFFF), (0x2F800, 0x2FA1F), (0x0, 0x1F),
    ]
    for _ in range(count):
        out = []
        for _ in range(rng.randint(5, 60)):
            first, last = rng.choice(ranges)
            out.append(chr(rng.randint(first, last)))
            if rng.random() < 0.2:
                out.append(" ")
        yield "".join(out)


def texts():
    rng = random.Random(20241123)
    # A raw string, cut at line feeds before its escapes are undone: some of them are line ends themselves.
    lines = PLAIN.strip("\n").split("\n")
    made = [(line.encode("latin-1", "backslashreplace").decode("unicode_escape"), 1) for line in lines]
    made += [("", 1), (" ", 1), (" \t\r\n ", 1), ("\u200b\u200c\ufeff", 1), ("\u0301\u0323", 1)]
    made += [(text, 1) for text in sentences(rng, 40)]
    made += [(text, 1) for text in soup(rng, 40)]
    # Words at and beyond 100 characters, which become unknown; counted after normalisation.
    for unit, count in [("a", 99), ("a", 100), ("a", 101), ("a", 1000), ("é", 100), ("e\u0301", 100), ("e\u0301", 101),
                        ("\uac01", 33), ("\uac01", 34), ("\uac00", 50), ("\uac00", 51), ("日", 120), ("\u302e", 100),
                        ("\u302e\u302f\U0001d165", 34), ("x\u200b", 100), ("x\u200b", 101), ("ß", 101), (".", 101)]:
        made.append((unit, count))
    # Around the limit of 256 tokens, and far beyond it.
    for count in [252, 253, 254, 255, 256, 298, 300]:
        made.append(("hello ", count))
    made += [("unaffable ", 63), ("unaffable ", 64), ("unaffable ", 85), ("[SEP]", 254), ("[SEP] ", 300)]
    made += [("The order never came. ", 4546), ("a", 100_000), ("日", 100_000), ("e\u0301", 50_000), (" ", 100_000),
             ("\u302e\u302f", 50_000), ("\u0301", 100_000), ("a ", 50_000), ("\u0000", 100_000), ("[", 100_000)]
    return made


def fnv(values):
    state = 0xCBF29CE484222325
    for value in values:
        for byte in int(value).to_bytes(4, "little"):
            state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def code_point_hashes(tokenizer):
    hashes = []
    for start in range(0, 0x110000, BLOCK):
        values = []
        for point in range(start, start + BLOCK):
            if 0xD800 <= point < 0xE000:
                continue
            # Alone; inside a word; between marks, where its combining class shows.
            values += tokenizer.encode(f"{chr(point)} a{chr(point)}b a\u302f{chr(point)}\u302e").ids
        hashes.append(f"{fnv(values):016x}")
    return hashes


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    for module in (tokenizers, transformers, torch):
        if module.__version__.split("+")[0] != PINNED[module.__name__]:
            raise SystemExit(f"{module.__name__} {module.__version__} found, {PINNED[module.__name__]} wanted")
    model_directory = pathlib.Path(sys.argv[1])
    tokenizer = tokenizers.Tokenizer.from_file(str(model_directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS_MAX)

    config = transformers.BertConfig.from_json_file(str(model_directory / "config.json"))
    model = transformers.BertModel(config)
    weights = load_file(str(model_directory / "model.safetensors"))
    weights.pop("embeddings.position_ids")
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or [name for name in missing if "position_ids" not in name and "token_type_ids" not in name]:
        raise SystemExit(f"weights do not fit: {missing} {unexpected}")
    model = model.double().eval()

    entries, vectors = [], []
    with torch.no_grad():
        for unit, count in texts():
            ids = tokenizer.encode(unit * count).ids
            tokens = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
            mean = tokens.mean(dim=0)
            vectors.append((mean / mean.norm()).numpy())
            entries.append({"text": unit, "times": count, "ids": ids})

    TARGET.mkdir(parents=True, exist_ok=True)
    with open(TARGET / "golden.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]\n")
    numpy.array(vectors).astype("<f4").tofile(TARGET / "vectors.f32")
    with open(TARGET / "code-points.json", "w") as file:
        json.dump(code_point_hashes(tokenizer), file, indent=0)
        file.write("\n")
    print(f"{len(entries)} texts, lengths {sorted({len(entry['ids']) for entry in entries})}")


if __name__ == "__main__":
    main()
